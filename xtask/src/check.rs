//! Format, lints and types: everything that can be wrong without running.

use std::process::Command;

use anyhow::Result;

use crate::{
    cargo,
    resolve::{self, Way},
    root, run, say,
    setup::{self, npm},
};

pub fn check() -> Result<()> {
    say("rustfmt");
    run(Command::new(cargo())
        .current_dir(root())
        .args(["fmt", "--all", "--check"]))?;
    say("clippy for this machine");
    let mut clippy = Command::new(cargo());
    clippy
        .current_dir(root())
        .args(["clippy", "--locked", "--workspace", "--all-targets"]);
    run(clippy.args(["--", "-D", "warnings"]))?;
    clippy_wasm()?;
    say("types of the JavaScript");
    setup::node_modules("tests/browser")?;
    run(npm("npx").current_dir(root()).args([
        "--no-install",
        "--prefix",
        "tests/browser",
        "tsc",
        "-p",
        "tests/browser/tsconfig.json",
        "--noEmit",
    ]))?;
    say("all checks passed");
    Ok(())
}

/// Lints what is compiled for the browser only.
fn clippy_wasm() -> Result<()> {
    let toolchain = resolve::resolve()?;
    // By its path: as a subcommand of cargo it could be another toolchain's.
    let clippy = toolchain
        .sysroot
        .join("bin/cargo-clippy")
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !clippy.exists() {
        let line = match toolchain.way {
            Way::Debian => format!("; type: {}", setup::apt_line(&["rust-web-clippy"])),
            _ => String::new(),
        };
        say(format!(
            "no clippy for wasm: {} has none{line}",
            toolchain.version
        ));
        return Ok(());
    }
    say("clippy for wasm");
    let target = root().join("target/wasm").join(toolchain.folder());
    let mut command = toolchain.command(&clippy, "clippy", &target);
    command
        .current_dir(root())
        .args(["--locked", "--package", "easel", "--lib"])
        .args(["--features", "bench"]);
    run(command.args(["--", "-D", "warnings"]))
}
