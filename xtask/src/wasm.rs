//! Compiles the crate to wasm and writes its JavaScript glue.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    resolve, root, run, say,
    toolchain::{TARGET, Toolchain},
};

/// A finished package.
pub struct Package {
    /// Holds `easel.js`, `easel_bg.wasm` and their types.
    pub folder: PathBuf,
    pub profile: &'static str,
    pub toolchain: Toolchain,
}

/// Brings the package up to date, that of the site or, with more exports, that of the bench; compiles only if a file that went into it has changed.
pub fn build(dev: bool, bench: bool) -> Result<Package> {
    let root = root();
    let toolchain = resolve::resolve()?;
    let profile = if dev { "wasm-dev" } else { "wasm" };
    let target = root.join("target/wasm").join(toolchain.folder());
    let compiled = target.join(TARGET).join(profile).join("easel.wasm");
    let name = if bench { "bench" } else { profile };
    let folder = root.join("target/wasm/pkg").join(name);
    let stamp = folder.join("stamp");
    let package = Package {
        folder,
        profile,
        toolchain,
    };

    let dependencies = compiled.with_extension("d");
    // Empty before the first compile: cargo has not said yet what goes into it.
    let before = contents(&root, &dependencies).unwrap_or_default();
    if fs::read_to_string(&stamp).is_ok_and(|built| built == fingerprint(&before, &package)) {
        say(format!("wasm is up to date (profile {profile})"));
        return Ok(package);
    }

    say(format!("compile src for {TARGET} (profile {profile})"));
    let started = SystemTime::now();
    let mut command = package
        .toolchain
        .command(&package.toolchain.cargo, "rustc", &target);
    command
        .current_dir(&root)
        .args(["--locked", "--package", "easel", "--lib"]);
    if bench {
        command.args(["--features", "bench"]);
    }
    run(command.args(["--crate-type", "cdylib", "--profile", profile]))?;

    say("write the JavaScript glue");
    // Not in place: what an earlier version left would stay for ever.
    if package.folder.exists() {
        fs::remove_dir_all(&package.folder)?;
    }
    bindgen(&compiled, "easel", &package.folder, dev)?;

    // What changed or went while the compiler ran may not be in the result.
    if let Ok(now) = contents(&root, &dependencies)
        && unchanged(&before, &now, started)?
    {
        fs::write(&stamp, fingerprint(&now, &package))?;
    }
    Ok(package)
}

/// Writes a module's glue for the web into `folder`.
pub fn bindgen(wasm: &Path, name: &str, folder: &Path, names: bool) -> Result<()> {
    Bindgen::new()
        .input_path(wasm)
        .out_name(name)
        .web(true)?
        .typescript(true)
        .remove_name_section(!names)
        .remove_producers_section(true)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot read {}", wasm.display()))
}

/// The SHA-256 of every file that the package is made from.
///
/// Content and not time decides, so that a fresh clone with a cached target folder has nothing to do.
type Contents = BTreeMap<PathBuf, String>;

fn contents(root: &Path, dependencies: &Path) -> Result<Contents> {
    let mut files = parse_dependencies(&fs::read_to_string(dependencies)?);
    files.extend(["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].map(|name| root.join(name)));
    let mut contents = Contents::new();
    for file in files {
        let hash = hex(&Sha256::digest(fs::read(&file)?));
        contents.insert(file, hash);
    }
    Ok(contents)
}

/// Whether every file of `now` holds what it held before the compiler was started. Of a file that
/// `before` lacks, because cargo named it only afterwards, the time tells.
fn unchanged(before: &Contents, now: &Contents, started: SystemTime) -> Result<bool> {
    for (file, hash) in now {
        let same = match before.get(file) {
            Some(old) => old == hash,
            None => fs::metadata(file)?.modified()? < started,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One hash over the contents and over how the package is made from them.
fn fingerprint(contents: &Contents, package: &Package) -> String {
    let mut hash = Sha256::new();
    let Package {
        profile, toolchain, ..
    } = package;
    // This file is the recipe.
    for part in [
        profile,
        toolchain.folder(),
        &toolchain.version,
        include_str!("wasm.rs"),
    ] {
        hash.update(Sha256::digest(part));
    }
    for (file, content) in contents {
        hash.update(Sha256::digest(file.to_string_lossy().as_bytes()));
        hash.update(content);
    }
    hex(&hash.finalize())
}

/// The files in a `.d` file of cargo: `result: file file\ with\ spaces`.
fn parse_dependencies(text: &str) -> Vec<PathBuf> {
    let files = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(_, files)| {
            let files = files.replace("\\ ", "\0");
            files
                .split(' ')
                .map(|file| PathBuf::from(file.replace('\0', " ")))
                .collect::<Vec<_>>()
        });
    files.filter(|file| !file.as_os_str().is_empty()).collect()
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_with_their_spaces() {
        let files = parse_dependencies("/t/easel.wasm: /a/lib.rs /a/my\\ op.wgsl\n\n");
        assert_eq!(
            files,
            [PathBuf::from("/a/lib.rs"), PathBuf::from("/a/my op.wgsl")]
        );
    }

    fn holding(files: &[(&str, &str)]) -> Contents {
        let own = |(file, hash): &(&str, &str)| (root().join(file), (*hash).to_owned());
        files.iter().map(own).collect()
    }

    #[test]
    fn a_source_touched_while_it_is_compiled_is_up_to_date_and_a_changed_one_is_not() {
        let before = holding(&[("Cargo.toml", "a"), ("Cargo.lock", "b")]);
        // Every file is younger.
        let started = SystemTime::UNIX_EPOCH;
        assert!(unchanged(&before, &before, started).unwrap());
        let changed = holding(&[("Cargo.toml", "a"), ("Cargo.lock", "c")]);
        assert!(!unchanged(&before, &changed, started).unwrap());
    }

    #[test]
    fn a_source_that_is_new_to_cargo_counts_by_its_time() {
        let (before, now) = (Contents::new(), holding(&[("Cargo.toml", "a")]));
        assert!(unchanged(&before, &now, SystemTime::now()).unwrap());
        assert!(!unchanged(&before, &now, SystemTime::UNIX_EPOCH).unwrap());
    }

    #[test]
    fn hex_is_lower_case_with_leading_zeros() {
        assert_eq!(hex(&[0x00, 0x0a, 0xff]), "000aff");
    }
}
