//! Imports point only downwards.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules with their layer, as in ARCHITECTURE.md. A module may import from its own layer and below.
const LAYERS: [(&str, u32); 16] = [
    ("lib", 8),
    ("exports", 8),
    ("bench", 8),
    ("bin", 8),
    ("session", 7),
    ("jobs", 6),
    ("train", 6),
    ("native_bench", 6),
    ("models", 5),
    ("losses", 5),
    ("quality", 5),
    ("nn", 4),
    ("data", 3),
    ("weights", 3),
    ("ops", 2),
    ("gpu", 1),
];
const LEAVES: [&str; 2] = ["protocol", "error"];
/// Neighbours on one layer that must not know each other.
const APART: [(&str, &str); 2] = [("models", "losses"), ("losses", "models")];
/// Where the browser may be named.
const BROWSER: [&str; 8] = [
    "exports.rs",
    "bench.rs",
    "session/browser.rs",
    "session/browser/gan.rs",
    "session/browser/own.rs",
    "session/host.rs",
    "session/inputs.rs",
    "gpu/present.rs",
];

fn layer(module: &str) -> u32 {
    if LEAVES.contains(&module) {
        return 0;
    }
    let found = LAYERS.iter().find(|(name, _)| *name == module);
    found
        .unwrap_or_else(|| panic!("{module} has no layer: add it here and to ARCHITECTURE.md"))
        .1
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// `(path under src, text)` of every file.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    assert!(found.len() > 20, "only {} files found", found.len());
    let read = |path: PathBuf| {
        let name = path
            .strip_prefix(&src)
            .expect("found under src")
            .to_string_lossy()
            .replace('\\', "/");
        (name, fs::read_to_string(&path).expect("a text file"))
    };
    found.into_iter().map(read).collect()
}

/// The modules named after each `prefix`, also in `use crate::{a, b}`.
fn named<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let word = |s: &'a str| {
        let end = s
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(s.len());
        &s[..end]
    };
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let rest = &text[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let end = group.find("};").unwrap_or(group.len());
            let (mut depth, mut start) = (0, 0);
            for (i, c) in group[..end].char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.push(word(group[start..i].trim_start()));
                        start = i + 1;
                    }
                    _ => {}
                }
            }
            found.push(word(group[start..end].trim_start()));
        } else {
            found.push(word(rest));
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn imports_point_only_downwards() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let module = file.split(['/', '.']).next().expect("a path has a part");
        let prefix = if module == "bin" {
            "easel::"
        } else {
            "crate::"
        };
        for import in named(&text, prefix) {
            if module == "lib" || import == module {
                continue;
            }
            let apart = APART.contains(&(module, import));
            if layer(import) > layer(module) || apart {
                wrong.push(format!("{file} imports {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_browser_is_named_only_at_the_edge() {
    let crates = ["wasm_bindgen", "web_sys", "js_sys", "serde_wasm_bindgen"];
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let used = code
            .filter(|line| crates.iter().any(|c| line.contains(&format!("{c}::"))))
            .count();
        if used > 0 && !BROWSER.contains(&file.as_str()) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "these name the browser: {wrong:?}");
}

#[test]
fn groups_of_imports_are_understood() {
    let text = "use crate::{ops::{gram, adam}, gpu, nn::Conv2d};\nuse crate::data::seed;";
    assert_eq!(named(text, "crate::"), ["ops", "gpu", "nn", "data"]);
}
