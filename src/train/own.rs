//! A data set of the user's own from a folder, a zip or an idx file on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::data::own::{Collection, MAX_FILE, Prepared, PreparedPairs, order};
use crate::error::Error;
use crate::protocol::Pairing;

/// Folders in folders are read up to here: a link may lead back up.
const DEPTH: usize = 16;

/// Gathers squares of `size` pixels. Beside a file of idx pictures the file of their labels is looked for, by the names
/// that MNIST's have.
///
/// # Errors
/// `Unexpected` if `path` cannot be read, else those of [`Collection`].
pub fn gather(path: &Path, size: u32) -> Result<Prepared, Error> {
    let mut files = files(path)?;
    if !path.is_dir() {
        files.extend(labels_of(path).map(|labels| (name(&labels), labels)));
    }
    read(Collection::new(size, files.len())?, &files)?.finish()
}

/// Gathers pairs of squares of `size` pixels, out of folders, zips or single pictures. Of two places, which is for
/// [`Pairing::Folders`], the first has the inputs; they lie in it and in the second under the same names.
///
/// # Errors
/// As [`gather`].
pub fn gather_pairs(
    places: &[PathBuf],
    size: u32,
    pairing: Pairing,
) -> Result<PreparedPairs, Error> {
    let mut all = Vec::new();
    for (number, place) in places.iter().enumerate() {
        // Told apart by a folder of its own, in which it is flat.
        let renamed = |(name, path): (String, PathBuf)| match pairing {
            Pairing::Folders if places.len() > 1 => {
                (format!("{number}/{}", name.replace(['/', '\\'], "-")), path)
            }
            _ => (name, path),
        };
        all.extend(files(place)?.into_iter().map(renamed));
    }
    let empty = Collection::paired(size, all.len(), pairing)?;
    read(empty, &all)?.finish_pairs()
}

/// All files of a folder, or the one that it is, each with its name in it.
fn files(path: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    if !path.is_dir() {
        return Ok(vec![(name(path), path.to_owned())]);
    }
    let mut found = Vec::new();
    walk(path, DEPTH, &mut found).map_err(unread(path))?;
    found.sort();
    // A file is named without the folder, which is no class of its.
    let named = |file: PathBuf| {
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy();
        (name.into_owned(), file)
    };
    Ok(found.into_iter().map(named).collect())
}

fn name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read(mut all: Collection, files: &[(String, PathBuf)]) -> Result<Collection, Error> {
    for i in order(files.len()) {
        let (name, file) = &files[i];
        if fs::metadata(file).map_err(unread(file))?.len() > MAX_FILE {
            all.refuse(name, "too-large");
            continue;
        }
        if all.give(name, fs::read(file).map_err(unread(file))?) {
            all.leave(name, "unsupported");
        }
        while all.step() {}
    }
    Ok(all)
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
