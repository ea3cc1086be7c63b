//! Finds a Rust toolchain that compiles to wasm32.
//!
//! Five ways, tried in this order; `EASEL_WASM` forces one by its name:
//!
//! | name | what it needs |
//! | --- | --- |
//! | `override` | `EASEL_WASM_RUSTC` (and `EASEL_WASM_CARGO`, else the cargo beside it) |
//! | `installed` | the wasm32 std beside the rustc in use |
//! | `rustup` | `rustup target add` succeeds |
//! | `rust-src` | the sources of std beside the rustc in use: std is compiled with the project |
//! | `debian` | Debian's `rustc-web`, `cargo-web`, `rust-web-src`: the same, with Debian's compiler |

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    root, run, say, setup,
    toolchain::{TARGET, Toolchain, find_linker},
};

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Override,
    Installed,
    Rustup,
    RustSrc,
    Debian,
}

impl Way {
    const ORDER: [Self; 5] = [
        Self::Override,
        Self::Installed,
        Self::Rustup,
        Self::RustSrc,
        Self::Debian,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Override => "override",
            Self::Installed => "installed",
            Self::Rustup => "rustup",
            Self::RustSrc => "rust-src",
            Self::Debian => "debian",
        }
    }

    /// What to type where it does not work.
    fn remedy(self) -> String {
        match self {
            Self::Override => "EASEL_WASM_RUSTC=/path/to/rustc cargo xtask build".to_owned(),
            Self::Installed | Self::Rustup => format!("rustup target add {TARGET}"),
            Self::RustSrc => "rustup component add rust-src".to_owned(),
            Self::Debian => setup::apt_line(&DEBIAN_PACKAGES),
        }
    }

    fn named(name: &str) -> Result<Self> {
        Self::ORDER
            .into_iter()
            .find(|way| way.name() == name)
            .with_context(|| {
                let names = Self::ORDER.map(Self::name).join(", ");
                format!("EASEL_WASM={name} is not a way to compile wasm; choose one of {names}")
            })
    }
}

/// The toolchain to use; sets one up if it must and may.
pub fn resolve() -> Result<Toolchain> {
    let forced = match env::var("EASEL_WASM") {
        Ok(name) => Some(Way::named(&name)?),
        // Naming a compiler asks for it: if it does not work, no other may take its place in silence.
        Err(_) => env::var_os("EASEL_WASM_RUSTC").map(|_| Way::Override),
    };
    let toolchain = first(forced, |way| find(way, true, forced.is_some()))?;
    say(format!("wasm toolchain: {}", toolchain.describe()));
    Ok(toolchain)
}

/// The ways that could have compiled the project too, or why they could not. Sets nothing up.
pub fn others(used: &Toolchain) -> Vec<(Way, Result<Toolchain>)> {
    [Way::Installed, Way::RustSrc, Way::Debian]
        .into_iter()
        .filter(|way| way.name() != used.folder())
        .map(|way| (way, find(way, false, false)))
        .collect()
}

/// The first way that works, or the reason of each.
fn first<T>(forced: Option<Way>, mut find: impl FnMut(Way) -> Result<T>) -> Result<T> {
    let ways = forced.map_or(Way::ORDER.to_vec(), |way| vec![way]);
    let (mut reasons, mut lines) = (String::new(), String::new());
    for way in ways {
        match find(way) {
            Ok(found) => return Ok(found),
            Err(reason) => reasons += &format!("\n  {}: {reason:#}", way.name()),
        }
        lines += &format!("\n  {}", way.remedy());
    }
    let asked = if forced.is_some() {
        " as the environment asks"
    } else {
        ""
    };
    bail!("no way to compile for {TARGET}{asked}:{reasons}\nWhat helps:{lines}")
}

fn find(way: Way, may_set_up: bool, forced: bool) -> Result<Toolchain> {
    let rustc = env::var_os("RUSTC").map_or_else(|| "rustc".into(), PathBuf::from);
    match way {
        Way::Override => {
            let rustc = env::var_os("EASEL_WASM_RUSTC").context("EASEL_WASM_RUSTC is not set")?;
            let mut found = Toolchain::of(way, Path::new(&rustc))?;
            if let Some(cargo) = env::var_os("EASEL_WASM_CARGO") {
                found.cargo = cargo.into();
            }
            if found.has_std() {
                Ok(found)
            } else {
                found.with_build_std()
            }
        }
        Way::Installed => {
            let found = Toolchain::of(way, &rustc)?;
            ensure!(found.has_std(), "{} has no std for {TARGET}", found.version);
            Ok(found)
        }
        Way::Rustup => {
            let found = Toolchain::of(way, &rustc)?;
            rustup_target_add(&found, forced)?;
            ensure!(found.has_std(), "{} is not rustup's default", found.version);
            Ok(found)
        }
        Way::RustSrc => Toolchain::of(way, &rustc)?.with_build_std(),
        Way::Debian => {
            let debian = || Toolchain::of(way, Path::new("/usr/bin/rustc"))?.with_build_std();
            match debian() {
                Err(_) if may_set_up && setup::is_debian() => {
                    let mut packages = DEBIAN_PACKAGES.to_vec();
                    if find_linker().is_err() {
                        packages.push("lld");
                    }
                    setup::apt_install(&packages)?;
                    debian()
                }
                found => found,
            }
        }
    }
}

/// Lets rustup fetch std. A failure is remembered, so that a machine without a network does not try each time;
/// where no later way works, or when forced, it tries again.
fn rustup_target_add(toolchain: &Toolchain, forced: bool) -> Result<()> {
    ensure!(setup::which("rustup").is_some(), "there is no rustup");
    let failed = root().join("target/wasm/rustup-failed");
    let is_known = fs::read_to_string(&failed).is_ok_and(|version| version == toolchain.version);
    let later = || {
        [Way::RustSrc, Way::Debian]
            .iter()
            .any(|way| find(*way, false, false).is_ok())
    };
    if is_known && !forced && later() {
        bail!("failed before (delete target/wasm/rustup-failed to try again)");
    }
    say(format!("rustup target add {TARGET}"));
    let result = run(Command::new("rustup")
        .args(["target", "add", TARGET])
        .env_remove("RUST_BACKTRACE"));
    if result.is_err() {
        fs::create_dir_all(root().join("target/wasm"))?;
        fs::write(&failed, &toolchain.version)?;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resolves where only `working` work; gives the choice and the ways tried.
    fn choose(forced: Option<Way>, working: &[Way]) -> (Result<Way>, Vec<Way>) {
        let mut tried = vec![];
        let choice = first(forced, |way| {
            tried.push(way);
            ensure!(working.contains(&way), "reason of {}", way.name());
            Ok(way)
        });
        (choice, tried)
    }

    #[test]
    fn the_first_way_that_works_is_chosen() {
        let (choice, tried) = choose(None, &[Way::RustSrc, Way::Debian]);
        assert_eq!(choice.unwrap(), Way::RustSrc);
        assert_eq!(
            tried,
            [Way::Override, Way::Installed, Way::Rustup, Way::RustSrc]
        );
    }

    #[test]
    fn a_forced_way_is_the_only_one_tried() {
        let (choice, tried) = choose(Some(Way::Debian), &Way::ORDER);
        assert_eq!(choice.unwrap(), Way::Debian);
        assert_eq!(tried, [Way::Debian]);
        let (choice, tried) = choose(Some(Way::Installed), &[Way::Debian]);
        assert!(choice.is_err());
        assert_eq!(tried, [Way::Installed]);
    }

    #[test]
    fn a_failure_gives_every_reason_and_the_lines_to_type() {
        let message = choose(None, &[]).0.unwrap_err().to_string();
        for way in Way::ORDER {
            assert!(
                message.contains(&format!("reason of {}", way.name())),
                "{message}"
            );
        }
        assert!(
            message.contains("rustup target add wasm32-unknown-unknown"),
            "{message}"
        );
        assert!(
            message.contains("apt-get install -y --no-install-recommends rustc-web"),
            "{message}"
        );
    }

    #[test]
    fn each_way_is_forced_by_its_name_and_others_are_refused() {
        for way in Way::ORDER {
            assert_eq!(Way::named(way.name()).unwrap(), way);
        }
        let message = Way::named("gcc").unwrap_err().to_string();
        assert!(
            message.contains("override, installed, rustup, rust-src, debian"),
            "{message}"
        );
    }
}
