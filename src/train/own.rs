//! A data set of the user's own from a folder, a zip or an idx file on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::data::own::{Collection, MAX_FILE, Prepared, order};
use crate::error::Error;

/// Folders in folders are read up to here: a link may lead back up.
const DEPTH: usize = 16;

/// Gathers squares of `size` pixels. Beside a file of idx pictures the file of their labels is looked for, by the names
/// that MNIST's have.
///
/// # Errors
/// `Unexpected` if `path` cannot be read, else those of [`Collection`].
pub fn gather(path: &Path, size: u32) -> Result<Prepared, Error> {
    let mut files = Vec::new();
    if path.is_dir() {
        walk(path, DEPTH, &mut files).map_err(unread(path))?;
        files.sort();
    } else {
        files.push(path.to_owned());
        files.extend(labels_of(path));
    }
    let mut all = Collection::new(size, files.len())?;
    for i in order(files.len()) {
        let file = &files[i];
        // A file is named without its folder, which is no class of its.
        let name = match path.is_dir() {
            true => file.strip_prefix(path).unwrap_or(file),
            false => Path::new(file.file_name().unwrap_or_default()),
        };
        let name = name.to_string_lossy();
        if fs::metadata(file).map_err(unread(file))?.len() > MAX_FILE {
            all.refuse(&name, "too-large");
            continue;
        }
        if all.give(&name, fs::read(file).map_err(unread(file))?) {
            all.leave(&name, "unsupported");
        }
        while all.step() {}
    }
    all.finish()
}

fn unread(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |e| Error::Unexpected(format!("{}: {e}", path.display()))
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            files.push(path);
        } else if depth > 0 {
            walk(&path, depth - 1, files)?;
        }
    }
    Ok(())
}

/// `train-labels-idx1-ubyte` to `train-images-idx3-ubyte`, packed or not.
fn labels_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let labels = name.replace("images", "labels").replace("idx3", "idx1");
    let bare = labels.trim_end_matches(".gz");
    let beside = [labels.clone(), bare.to_owned(), format!("{bare}.gz")];
    let found = beside.iter().map(|name| path.with_file_name(name));
    { found }.find(|found| found != path && found.is_file())
}
