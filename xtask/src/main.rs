//! `cargo xtask serve | build | test | bench | check`: all of Easel's development, with nothing to install but Rust.
//!
//! Whatever else a command needs, it looks for, sets up where it may, and otherwise names with the line to type.

mod bench;
mod check;
mod resolve;
mod serve;
mod setup;
mod site;
mod test;
mod toolchain;
mod wasm;

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::LazyLock,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::Parser;

/// Set up, build, serve, test and check Easel.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Build the site and serve it on this machine only.
    Serve {
        /// The port; the next free one if it is taken.
        #[arg(long, default_value_t = 8017)]
        port: u16,
        /// Compile faster, run slower.
        #[arg(long)]
        dev: bool,
        /// Serve target/site as it is.
        #[arg(long, hide = true, conflicts_with = "dev")]
        no_build: bool,
    },
    /// Leave the finished static site in target/site.
    Build {
        /// Compile faster, run slower; sizes are not checked.
        #[arg(long)]
        dev: bool,
    },
    /// Run every test: native Rust, the other ways to compile wasm, and the site in real browsers.
    Test {
        /// Only the native tests.
        #[arg(long)]
        native: bool,
        /// Only the tests in browsers.
        #[arg(long)]
        browser: bool,
        /// Only tests whose name contains this.
        filter: Option<String>,
    },
    /// Race the page's networks against ONNX Runtime Web, TensorFlow.js and stock Burn in a browser.
    Bench {
        /// For benches/web/run.mjs: `--case block`, `--rounds 5`, `--peers ort,tfjs,burn`, `--adapter any`, `--out FILE`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check format, lints and the types of the JavaScript.
    Check,
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

fn main() -> ExitCode {
    LazyLock::force(&START);
    let result = match Task::parse() {
        Task::Serve {
            port,
            dev,
            no_build,
        } => serve::serve(port, dev, no_build),
        Task::Build { dev } => site::build(dev),
        Task::Test {
            native,
            browser,
            filter,
        } => {
            let all = native == browser;
            return test::test(all || native, all || browser, filter.as_deref());
        }
        Task::Bench { arguments } => bench::bench(&arguments),
        Task::Check => check::check(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what happens now, with the seconds since the start.
fn say(what: impl Display) {
    println!("[{:6.1} s] {what}", START.elapsed().as_secs_f32());
}

/// The root of the repository.
fn root() -> PathBuf {
    let xtask =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let xtask = PathBuf::from(xtask);
    xtask
        .parent()
        .map_or_else(|| xtask.clone(), Path::to_path_buf)
}

/// The cargo that started us.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO")
        .unwrap_or_else(|| "cargo".into())
        .into()
}

/// Runs a command to its end; an error names it.
fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// What a command prints on its standard output, trimmed; its other output is dropped.
fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command as one would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
