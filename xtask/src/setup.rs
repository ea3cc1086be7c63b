//! Sets up what a machine lacks: with apt-get on Debian as root, by naming the line to type elsewhere.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::{output, root, run, say, wasm::hex};

/// Mesa's software Vulkan, on which the native tests run the same everywhere.
const LAVAPIPE: &str = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json";

/// The path of a program that one can call by its name.
pub fn which(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders)
        .map(|folder| {
            folder
                .join(program)
                .with_extension(env::consts::EXE_EXTENSION)
        })
        .find(|path| path.is_file())
}

pub fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian")
}

/// The line that installs Debian packages, for people.
pub fn apt_line(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// Installs Debian packages; never at the price of one that is there.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    ensure!(is_debian() && is_root, "type: {}", apt_line(packages));
    say(format!("apt-get install {}", packages.join(" ")));
    let apt = || {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        command
    };
    run(apt().args(["update", "-q"]))?;
    run(apt()
        .args([
            "install",
            "-q",
            "-y",
            "--no-remove",
            "--no-install-recommends",
        ])
        .args(packages))
}

/// What the native tests need: a GPU, if only in software.
pub fn native() -> Result<()> {
    debian(&[
        (
            "mesa-vulkan-drivers",
            Path::new(LAVAPIPE).exists() || !cfg!(target_arch = "x86_64"),
        ),
        ("libvulkan1", has_library("libvulkan.so.1")),
    ])
}

/// What the tests in browsers need beside the built site.
pub fn browsers() -> Result<()> {
    let fonts = Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists();
    debian(&[
        (
            "chromium",
            env::var_os("EASEL_CHROMIUM").is_some()
                || ["chromium", "chromium-browser", "google-chrome"]
                    .into_iter()
                    .any(|name| which(name).is_some()),
        ),
        (
            "firefox-esr",
            env::var_os("EASEL_FIREFOX").is_some()
                || ["firefox-esr", "firefox"]
                    .into_iter()
                    .any(|name| which(name).is_some()),
        ),
        ("fonts-noto-cjk", fonts),
    ])?;
    node_modules("tests/browser")
}

/// The environment that makes native GPU tests the same on every Linux machine; `EASEL_TEST_ADAPTER=any` leaves
/// the choice to the machine.
pub fn adapter() -> Vec<(&'static str, &'static str)> {
    if env::var("EASEL_TEST_ADAPTER").is_ok_and(|adapter| adapter == "any")
        || !Path::new(LAVAPIPE).exists()
    {
        return vec![];
    }
    vec![
        ("VK_DRIVER_FILES", LAVAPIPE),
        ("VK_ICD_FILENAMES", LAVAPIPE),
    ]
}

/// A folder of scripts for Node, with its packages installed as locked.
pub fn node_modules(name: &str) -> Result<()> {
    let folder = root().join(name);
    let node = which("node").context("there is no node; install Node.js 20 or newer")?;
    let version = output(Command::new(node).arg("--version"))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    ensure!(
        major >= Some(20),
        "node is {version}; install Node.js 20 or newer"
    );
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{name} has no package-lock.json"))?;
    let lock = hex(&Sha256::digest(lock));
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(format!("npm ci in {name}"));
    run(npm("npm").current_dir(folder).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]))?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// `npm` or `npx`, which are scripts on Windows.
pub fn npm(name: &str) -> Command {
    Command::new(if cfg!(windows) {
        format!("{name}.cmd")
    } else {
        name.to_owned()
    })
}

/// Installs the packages that are missing, on Linux; elsewhere the system brings a GPU and the user the browsers.
fn debian(packages: &[(&str, bool)]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|(_, is_there)| !is_there)
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() || !cfg!(target_os = "linux") {
        return Ok(());
    }
    if let Err(error) = apt_install(&missing) {
        bail!("the tests need {}; {error:#}", missing.join(", "));
    }
    Ok(())
}

fn has_library(name: &str) -> bool {
    let folders = fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut folders =
        folders.chain(["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from));
    folders.any(|folder| folder.join(name).exists())
}
