//! What the path of a file says: how it is named in a report, its class, and whether it is none of the user's.

/// Characters of a name that are kept.
pub(super) const NAME: usize = 80;

/// A name as it is told: short, on one line.
pub(super) fn short(name: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    name.chars().map(plain).take(NAME).collect()
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | ".."))
}

/// The folder that a file lies in.
pub(super) fn folder(path: &str) -> Option<String> {
    parts(path).nth_back(1).map(short)
}

/// The name of a file without its folders and its ending.
pub(super) fn stem(path: &str) -> String {
    let name = parts(path).next_back().unwrap_or_default();
    let end = name.rfind('.').filter(|at| *at > 0).unwrap_or(name.len());
    name[..end].to_owned()
}

/// What systems put beside files is passed over without a word.
pub(super) fn hidden(path: &str) -> bool {
    parts(path).any(|part| part.starts_with('.') || part == "__MACOSX" || part == "Thumbs.db")
}
