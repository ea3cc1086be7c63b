//! `cargo xtask bench`: the page's networks against other engines, in one browser.

use std::{fs, process::Command};

use anyhow::Result;

use crate::{root, run, say, setup, wasm};

/// Builds the engine with its benchmark exports and hands the rest to `benches/web/run.mjs`, which prints a table; every time goes to
/// `target/bench/results.json` or the file after `--out`.
pub fn bench(arguments: &[String]) -> Result<()> {
    let root = root();
    setup::node_modules("benches/web")?;
    setup::browsers()?;
    let package = wasm::build(false, true)?;
    let site = root.join("target/bench");
    fs::create_dir_all(&site)?;
    for name in ["easel.js", "easel_bg.wasm"] {
        fs::copy(package.folder.join(name), site.join(name))?;
    }
    say("run benches/web/run.mjs; leave the machine alone meanwhile");
    let mut command = Command::new("node");
    command
        .current_dir(&root)
        .arg("benches/web/run.mjs")
        .arg("--site")
        .arg(&site);
    if !arguments
        .iter()
        .any(|a| a == "--out" || a.starts_with("--out="))
    {
        command.arg("--out").arg(site.join("results.json"));
    }
    run(command.args(arguments))
}
