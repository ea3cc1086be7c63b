//! Puts the finished site together in `target/site`: `www/`, the compiled package and the weights.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use brotli::enc::BrotliEncoderParams;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    root, say,
    wasm::{self, Package, hex},
};

/// Sizes and hashes of all other files.
const REPORT: &str = "build.json";
const WASM: &str = "pkg/easel_bg.wasm";
const SERVICE_WORKER: &str = "sw.js";
/// What visitors on slow lines may be asked to load, in bytes after brotli.
const WASM_BUDGET: usize = 2_000_000;
/// The same for all HTML, CSS and JavaScript that the page is opened with.
const PAGE_BUDGET: usize = 100_000;
/// Folders of what is loaded when it is first opened.
const VIEWS: [&str; 9] = [
    "apply",
    "cycle",
    "grow",
    "kept",
    "lab",
    "paint",
    "train",
    "translate",
    "walk",
];
/// The same for one of them.
const VIEW_BUDGET: usize = 30_000;

/// One file of the site.
#[derive(Clone, Debug, PartialEq)]
struct File {
    bytes: usize,
    /// Absent where compression gains nothing, and in development.
    brotli: Option<usize>,
    sha256: String,
}

/// Paths in the site, with `/`, to what lies there.
type Files = BTreeMap<String, File>;

/// Brings `target/site` up to date; an error if it is too large.
pub fn build(dev: bool) -> Result<()> {
    let package = wasm::build(dev, false)?;
    let site = root().join("target/site");
    let sources = sources(&root(), &package)?;
    say(format!("put {} files into target/site", sources.len()));
    let files = assemble(&site, &sources, dev)?;
    let report = format!("{:#}\n", report(&files, &package));
    write_changed(&site.join(REPORT), report.as_bytes())?;
    if dev {
        say("target/site is ready for development: not compressed, sizes not checked");
        return Ok(());
    }
    print!("{}", table(&files));
    check_budgets(&files)?;
    say("target/site is ready");
    Ok(())
}

/// Every file of the site: its path there, and where it comes from.
fn sources(root: &Path, package: &Package) -> Result<BTreeMap<String, PathBuf>> {
    let mut sources = BTreeMap::new();
    for (prefix, folder) in [("", root.join("www")), ("pkg/", package.folder.clone())] {
        for file in walk(&folder)? {
            let path = file
                .strip_prefix(&folder)?
                .to_string_lossy()
                .replace('\\', "/");
            sources.insert(format!("{prefix}{path}"), file);
        }
    }
    sources.remove("pkg/stamp");
    ensure!(
        sources.contains_key("index.html"),
        "www/index.html is missing"
    );
    let weights = root.join("weights");
    if let Ok(manifest) = fs::read_to_string(weights.join("manifest.json")) {
        for name in named_in(&manifest)?
            .into_iter()
            .chain(["manifest.json".to_owned()])
        {
            let file = weights.join(&name);
            ensure!(
                file.is_file(),
                "weights/manifest.json names {name}, which is not in weights/"
            );
            sources.insert(format!("weights/{name}"), file);
        }
    }
    Ok(sources)
}

/// The model files and cards of a manifest, which is a list of models or holds one under `models`.
fn named_in(manifest: &str) -> Result<Vec<String>> {
    let manifest: Value =
        serde_json::from_str(manifest).context("weights/manifest.json is not JSON")?;
    let models = manifest
        .as_array()
        .or_else(|| manifest["models"].as_array());
    let models = models.context("weights/manifest.json lists no models")?;
    let name = |model: &Value, field: &str| {
        let name = model[field].as_str().map(str::to_owned);
        name.with_context(|| format!("a model in weights/manifest.json has no {field}: {model}"))
    };
    models
        .iter()
        .flat_map(|model| ["file", "card"].map(|field| name(model, field)))
        .collect()
}

/// Makes `site` hold exactly `sources`, compressed beside each where that helps.
fn assemble(site: &Path, sources: &BTreeMap<String, PathBuf>, dev: bool) -> Result<Files> {
    let cache = root().join("target/brotli");
    let mut files = Files::new();
    let mut used = vec![site.join(REPORT)];
    let mut put = |path: &str, bytes: &[u8], files: &mut Files| -> Result<()> {
        let sha256 = hex(&Sha256::digest(bytes));
        let target = site.join(path);
        write_changed(&target, bytes)?;
        used.push(target);
        let mut brotli = None;
        if !dev && is_text_or_wasm(path) {
            let compressed = compress(&cache.join(&sha256), path, bytes)?;
            let target = site.join(format!("{path}.br"));
            write_changed(&target, &compressed)?;
            used.push(target);
            brotli = Some(compressed.len());
        }
        let bytes = bytes.len();
        files.insert(
            path.to_owned(),
            File {
                bytes,
                brotli,
                sha256,
            },
        );
        Ok(())
    };
    let read = |source: &Path| {
        fs::read(source).with_context(|| format!("cannot read {}", source.display()))
    };
    for (path, source) in sources.iter().filter(|(path, _)| *path != SERVICE_WORKER) {
        put(path, &read(source)?, &mut files)?;
    }
    // In development it would hide every change until the page is told to take it.
    if let Some(source) = sources.get(SERVICE_WORKER).filter(|_| !dev) {
        let text = String::from_utf8(read(source)?).context("the service worker is no text")?;
        let text = stamped(&text, &files)?;
        put(SERVICE_WORKER, text.as_bytes(), &mut files)?;
    }
    for stray in walk(site)?.into_iter().filter(|file| !used.contains(file)) {
        fs::remove_file(stray)?;
    }
    if !dev && cache.exists() {
        let is_used = |path: &Path| files.values().any(|file| path.ends_with(&file.sha256));
        for old in walk(&cache)?.into_iter().filter(|path| !is_used(path)) {
            fs::remove_file(old)?;
        }
    }
    Ok(files)
}

/// Digits of a hash in the service worker: 128 bits. Hashes do not compress, and the worker is loaded with the page.
const DIGITS: usize = 32;

/// The service worker with the files that it keeps, and the name of the build, which follows from them.
fn stamped(text: &str, files: &Files) -> Result<String> {
    let core: BTreeMap<&String, String> = files
        .iter()
        .filter(|(path, _)| is_core(path))
        .map(|(path, file)| (path, file.sha256.chars().take(DIGITS).collect()))
        .collect();
    let listing = serde_json::to_string(&core)?;
    let id = &hex(&Sha256::digest(&listing))[..16];
    let stub = "const BUILD = { id: \"\", files: {} };";
    ensure!(
        text.matches(stub).count() == 1,
        "www/{SERVICE_WORKER} does not say {stub}"
    );
    let build = format!("const BUILD = {{ id: \"{id}\", files: {listing} }};");
    Ok(text.replace(stub, &build))
}

/// What the page needs to open: not the weights, which have a store of their own, nor what only shops and developers
/// look at.
fn is_core(path: &str) -> bool {
    !["weights/", "screenshots/"]
        .iter()
        .any(|folder| path.starts_with(folder))
        && !path.ends_with(".d.ts")
}

/// The best that brotli can do, kept in `cached`: the wasm takes half a minute.
fn compress(cached: &Path, path: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    if let Ok(compressed) = fs::read(cached) {
        return Ok(compressed);
    }
    if bytes.len() > 1_000_000 {
        say(format!("compress {path}"));
    }
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = vec![];
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    write_changed(cached, &compressed)?;
    Ok(compressed)
}

/// Sizes and hashes, for tests and for whoever deploys the site.
fn report(files: &Files, package: &Package) -> Value {
    let of =
        |file: &File| json!({ "bytes": file.bytes, "brotli": file.brotli, "sha256": file.sha256 });
    let sum = |(bytes, brotli): (usize, usize)| json!({ "bytes": bytes, "brotli": brotli });
    let views = VIEWS.map(|view| (view.to_owned(), sum(page(files, Some(view)))));
    json!({
        "profile": package.profile,
        "toolchain": package.toolchain.version,
        "wasm": files.get(WASM).map(of),
        "page": sum(page(files, None)),
        "views": serde_json::Map::from_iter(views),
        "budgets": { "wasm": WASM_BUDGET, "page": PAGE_BUDGET, "view": VIEW_BUDGET },
        "files": files.iter().map(|(path, file)| (path.clone(), of(file))).collect::<serde_json::Map<_, _>>(),
    })
}

/// The view that a file belongs to; none for what the page is opened with.
fn view(path: &str) -> Option<&str> {
    let (folder, _) = path.split_once('/')?;
    VIEWS.contains(&folder).then_some(folder)
}

/// All HTML, CSS and JavaScript of a view, or of the page as it is opened, the glue included: bytes, and bytes after
/// brotli (0 in development).
fn page(files: &Files, of: Option<&str>) -> (usize, usize) {
    let page = files.iter();
    let page = page.filter(|(path, _)| is_page(path) && view(path) == of);
    page.fold((0, 0), |sum, (_, file)| {
        (sum.0 + file.bytes, sum.1 + file.brotli.unwrap_or(0))
    })
}

fn table(files: &Files) -> String {
    let row = |name: &str, bytes, brotli, budget| {
        format!("  {name:24} {bytes:>12} {brotli:>12} {budget:>12}\n")
    };
    let (page_bytes, page_brotli) = page(files, None);
    let mut table = row("", "bytes".into(), "brotli".into(), "budget".into());
    if let Some(File {
        bytes,
        brotli: Some(brotli),
        ..
    }) = files.get(WASM)
    {
        table += &row(
            "wasm",
            grouped(*bytes),
            grouped(*brotli),
            grouped(WASM_BUDGET),
        );
    }
    table += &row(
        "HTML, CSS, JavaScript",
        grouped(page_bytes),
        grouped(page_brotli),
        grouped(PAGE_BUDGET),
    );
    for view in VIEWS {
        let (bytes, brotli) = page(files, Some(view));
        let name = format!("  the view {view}");
        table += &row(&name, grouped(bytes), grouped(brotli), grouped(VIEW_BUDGET));
    }
    table
}

fn check_budgets(files: &Files) -> Result<()> {
    let wasm = files
        .get(WASM)
        .and_then(|file| file.brotli)
        .context("the package has no wasm")?;
    ensure!(
        wasm <= WASM_BUDGET,
        "{WASM} is {} bytes after brotli, over its budget of {}",
        grouped(wasm),
        grouped(WASM_BUDGET)
    );
    for of in VIEWS.map(Some).into_iter().chain([None]) {
        let (_, total) = page(files, of);
        let budget = if of.is_some() {
            VIEW_BUDGET
        } else {
            PAGE_BUDGET
        };
        if total <= budget {
            continue;
        }
        let mine = files.iter();
        let mine = mine.filter(|(path, _)| is_page(path) && view(path) == of);
        let mut largest: Vec<_> = mine.collect();
        largest.sort_by_key(|(_, file)| std::cmp::Reverse(file.brotli));
        let rows = largest
            .iter()
            .map(|(path, file)| format!("\n  {:>9}  {path}", grouped(file.brotli.unwrap_or(0))));
        bail!(
            "HTML, CSS and JavaScript {}are {} bytes after brotli, over their budget of {}:{}",
            of.map_or(String::new(), |view| format!("of the view {view} ")),
            grouped(total),
            grouped(budget),
            rows.collect::<String>()
        );
    }
    Ok(())
}

fn is_page(path: &str) -> bool {
    [".html", ".css", ".js", ".mjs"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

fn is_text_or_wasm(path: &str) -> bool {
    is_page(path)
        || [".wasm", ".json", ".webmanifest", ".svg", ".md", ".txt"]
            .iter()
            .any(|e| path.ends_with(e))
}

/// `1234567` as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// Leaves the file alone, and so its time, if nothing changes.
fn write_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// All files under a folder.
fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(walk(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: usize, brotli: usize) -> File {
        File {
            bytes,
            brotli: Some(brotli),
            sha256: String::new(),
        }
    }

    fn files(wasm: usize, glue: usize, html: usize) -> Files {
        [
            (WASM, wasm),
            ("pkg/easel.js", glue),
            ("index.html", html),
            ("logo.svg", 900_000),
        ]
        .map(|(path, brotli)| (path.to_owned(), file(brotli * 4, brotli)))
        .into()
    }

    #[test]
    fn the_budgets_hold_up_to_their_last_byte() {
        check_budgets(&files(WASM_BUDGET, PAGE_BUDGET - 7, 7)).unwrap();
    }

    #[test]
    fn a_large_wasm_is_refused_by_its_size() {
        let message = check_budgets(&files(WASM_BUDGET + 1, 1, 1))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("2,000,001") && message.contains("2,000,000"),
            "{message}"
        );
    }

    #[test]
    fn a_large_page_is_refused_with_its_files_the_largest_first() {
        let message = check_budgets(&files(1, 20_000, 80_001))
            .unwrap_err()
            .to_string();
        let (html, glue) = (
            message.find("80,001  index.html"),
            message.find("20,000  pkg/easel.js"),
        );
        assert!(html.is_some() && html < glue, "{message}");
        assert!(!message.contains("logo.svg"), "{message}");
    }

    #[test]
    fn the_service_worker_names_the_core_and_changes_with_it() {
        let stub = "const BUILD = { id: \"\", files: {} };\n";
        let mut files = files(1, 2, 3);
        files.insert("weights/a.safetensors".into(), file(4, 4));
        let first = stamped(stub, &files).unwrap();
        assert!(
            first.contains("index.html") && !first.contains("weights"),
            "{first}"
        );
        files.get_mut("index.html").unwrap().sha256 = "ab".into();
        let second = stamped(stub, &files).unwrap();
        let id = |text: &str| text.split('"').nth(1).map(str::to_owned);
        assert_eq!(id(&first).map(|id| id.len()), Some(16));
        assert_ne!(id(&first), id(&second));
        assert!(stamped("const BUILD = {};", &files).is_err());
    }

    #[test]
    fn a_manifest_names_its_files_and_cards() {
        let model = r#"{ "id": "a", "file": "a.safetensors", "card": "a.md" }"#;
        let names = ["a.safetensors".to_owned(), "a.md".to_owned()];
        assert_eq!(named_in(&format!("[{model}]")).unwrap(), names);
        assert_eq!(
            named_in(&format!(r#"{{ "models": [{model}] }}"#)).unwrap(),
            names
        );
        let message = named_in(r#"[{ "file": "a.safetensors" }]"#)
            .unwrap_err()
            .to_string();
        assert!(message.contains("no card"), "{message}");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
