//! A Rust toolchain that compiles to wasm32, and how to call it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{cargo, output, resolve::Way, root, setup};

pub const TARGET: &str = "wasm32-unknown-unknown";

#[derive(Clone, Debug)]
pub struct Toolchain {
    pub way: Way,
    /// Where rustc keeps its parts; its programs are under `bin`.
    pub sysroot: PathBuf,
    rustc: PathBuf,
    pub cargo: PathBuf,
    /// What `rustc --version` says.
    pub version: String,
    /// Whether std is compiled with the project.
    build_std: bool,
    /// Set where the toolchain brings no linker for wasm.
    linker: Option<PathBuf>,
}

impl Toolchain {
    /// The toolchain of a rustc, which may be rustup's proxy.
    pub fn of(way: Way, rustc: &Path) -> Result<Self> {
        let version = output(Command::new(rustc).arg("--version"))?;
        let sysroot = PathBuf::from(output(Command::new(rustc).args(["--print", "sysroot"]))?);
        // The real programs: proxies would choose again, by the environment of the moment.
        let program = |name: &str, otherwise: &Path| {
            let real = sysroot
                .join("bin")
                .join(name)
                .with_extension(env::consts::EXE_EXTENSION);
            if real.exists() {
                real
            } else {
                otherwise.to_path_buf()
            }
        };
        let rustc = program("rustc", rustc);
        let cargo = program("cargo", &cargo());
        Ok(Self {
            way,
            sysroot,
            rustc,
            cargo,
            version,
            build_std: false,
            linker: None,
        })
    }

    pub fn has_std(&self) -> bool {
        let libraries = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        let Ok(entries) = fs::read_dir(libraries) else {
            return false;
        };
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    }

    pub fn with_build_std(mut self) -> Result<Self> {
        let source = self
            .sysroot
            .join("lib/rustlib/src/rust/library/std/Cargo.toml");
        ensure!(source.exists(), "{} has no sources of std", self.version);
        self.build_std = true;
        if rust_lld(&self.sysroot).is_none() {
            self.linker = Some(find_linker()?);
        }
        Ok(self)
    }

    /// What this is, for people.
    pub fn describe(&self) -> String {
        let std = if self.build_std {
            ", compiling std"
        } else {
            ""
        };
        let linker = self
            .linker
            .as_ref()
            .map(|path| format!(", linker {}", path.display()));
        format!(
            "{} ({}{std}{})",
            self.way.name(),
            self.version,
            linker.unwrap_or_default()
        )
    }

    /// The name of its own target folder: artefacts of one compiler are of no use to another.
    pub fn folder(&self) -> &'static str {
        match self.way {
            Way::Rustup => Way::Installed.name(),
            way => way.name(),
        }
    }

    /// A program of this toolchain, to compile for wasm32 into `target`.
    pub fn command(&self, program: &Path, subcommand: &str, target: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .arg(subcommand)
            .args(["--target", TARGET, "--target-dir"])
            .arg(target);
        command.arg("--config").arg(self.remap_paths());
        // The cargo that started us names itself and its libraries to its children; and RUSTFLAGS
        // would replace the flags given here.
        for name in [
            "RUSTUP_TOOLCHAIN",
            "LD_LIBRARY_PATH",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
        ] {
            command.env_remove(name);
        }
        command.env("CARGO", &self.cargo).env("RUSTC", &self.rustc);
        if self.build_std {
            command
                .args(["-Z", "build-std=std,panic_abort"])
                .env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        command
    }

    /// Panic messages carry the paths of sources: the page must not tell whose machine built it, nor differ by it.
    fn remap_paths(&self) -> String {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        let registries = home.unwrap_or_default().join("registry/src");
        let registries = fs::read_dir(registries).into_iter().flatten().flatten();
        let std = self.sysroot.join("lib/rustlib/src/rust");
        let flags: Vec<String> = [(root(), "/easel"), (std, "/rust")]
            .into_iter()
            .chain(registries.map(|registry| (registry.path(), "/crates")))
            .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
            .collect();
        // An array of strings is the same in JSON and TOML.
        format!("target.{TARGET}.rustflags={}", serde_json::json!(flags))
    }
}

/// A linker from elsewhere, for a toolchain without one.
pub fn find_linker() -> Result<PathBuf> {
    let in_use = output(Command::new("rustc").args(["--print", "sysroot"]))
        .ok()
        .map(PathBuf::from);
    let rustup = env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let rustup = rustup
        .or_else(|| env::home_dir().map(|home| home.join(".rustup")))
        .unwrap_or_default();
    let toolchains = fs::read_dir(rustup.join("toolchains"))
        .into_iter()
        .flatten()
        .flatten();
    let mut sysroots = in_use
        .into_iter()
        .chain(toolchains.map(|toolchain| toolchain.path()));
    sysroots
        .find_map(|sysroot| rust_lld(&sysroot))
        .or_else(|| ["rust-lld", "wasm-ld"].into_iter().find_map(setup::which))
        .with_context(|| {
            format!(
                "there is no linker for wasm; type: {}",
                setup::apt_line(&["lld"])
            )
        })
}

/// The linker that rustup's toolchains bring.
fn rust_lld(sysroot: &Path) -> Option<PathBuf> {
    let hosts = fs::read_dir(sysroot.join("lib/rustlib")).ok()?.flatten();
    let name = Path::new("bin/rust-lld").with_extension(env::consts::EXE_EXTENSION);
    hosts
        .map(|host| host.path().join(&name))
        .find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_hide_where_the_project_lies() {
        let config = Toolchain::of(Way::Installed, Path::new("rustc"))
            .unwrap()
            .remap_paths();
        let hidden = format!("--remap-path-prefix={}=/easel", root().display());
        assert!(
            config.starts_with("target.wasm32-unknown-unknown.rustflags=["),
            "{config}"
        );
        assert!(
            config.contains(&serde_json::json!(hidden).to_string()),
            "{config}"
        );
    }

    #[test]
    fn a_command_names_its_own_compiler_and_not_the_one_that_runs_xtask() {
        let toolchain = Toolchain {
            way: Way::Debian,
            sysroot: "/usr".into(),
            rustc: "/usr/bin/rustc".into(),
            cargo: "/usr/bin/cargo".into(),
            version: "rustc 1.96.0".into(),
            build_std: true,
            linker: Some("/opt/rust-lld".into()),
        };
        let command = toolchain.command(&toolchain.cargo, "rustc", Path::new("target/wasm/debian"));
        let environment: std::collections::HashMap<_, _> = command.get_envs().collect();
        let value = |name: &str| {
            environment[std::ffi::OsStr::new(name)].map(|value| value.to_string_lossy())
        };
        assert_eq!(value("RUSTC").unwrap(), "/usr/bin/rustc");
        assert_eq!(value("CARGO").unwrap(), "/usr/bin/cargo");
        assert_eq!(value("RUSTC_BOOTSTRAP").unwrap(), "1");
        assert_eq!(
            value("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER").unwrap(),
            "/opt/rust-lld"
        );
        assert_eq!(value("RUSTUP_TOOLCHAIN"), None);
        assert_eq!(value("RUSTFLAGS"), None);
        let words = crate::line(&command);
        assert!(
            words.starts_with("/usr/bin/cargo rustc --target wasm32-unknown-unknown"),
            "{words}"
        );
        assert!(words.ends_with("-Z build-std=std,panic_abort"), "{words}");
    }
}
