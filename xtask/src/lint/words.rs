//! Words that do not belong in a committed file.

use anyhow::Result;

use super::source::{Source, complain};
use crate::workspace::Workspace;

/// A file works on every machine, so it names no machine's folders, nor where one machine gets its packages.
pub(super) fn places(workspace: &Workspace) -> Result<()> {
    let sources = all_but_this_file(workspace)?;
    complain(&sources, |line| {
        let folder = FOLDERS
            .into_iter()
            .find(|folder| names_folder(line, folder));
        let host = HOSTS.into_iter().find(|host| line.contains(host));
        folder.or(host).map(|place| format!("names {place}"))
    })
}

pub(super) fn notes(workspace: &Workspace) -> Result<()> {
    let sources = all_but_this_file(workspace)?;
    complain(&sources, |line| {
        let note = NOTES
            .into_iter()
            .find(|note| has_word(line, note) && !has_issue(line))?;
        Some(format!("{note} without an issue, as in {note}(#12)"))
    })
}

fn all_but_this_file(workspace: &Workspace) -> Result<Vec<Source>> {
    let mut sources = Source::tracked(workspace, ".")?;
    sources.retain(|source| !source.path.ends_with("lint/words.rs"));
    Ok(sources)
}

/// `/root/x` but not `docs/root/x`.
fn names_folder(line: &str, folder: &str) -> bool {
    let inside_a_path = |before: char| before.is_alphanumeric() || "._-~/})>*".contains(before);
    line.match_indices(folder)
        .any(|(at, _)| !line[..at].ends_with(inside_a_path))
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .any(|found| found == word)
}

fn has_issue(line: &str) -> bool {
    line.split('#')
        .skip(1)
        .any(|after| after.starts_with(|digit: char| digit.is_ascii_digit()))
}

const FOLDERS: [&str; 4] = ["/root/", "/home/", "/Users/", "/work/"];
const HOSTS: [&str; 7] = [
    "pypi.org",
    "pythonhosted.org",
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "index.crates.io",
    "static.crates.io",
    "proxy.golang.org",
];
const NOTES: [&str; 3] = ["TODO", "FIXME", "XXX"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_counts_only_at_the_start_of_a_path() {
        assert!(names_folder("cd /root/pgs", "/root/"));
        assert!(names_folder("\"/root/pgs\"", "/root/"));
        assert!(!names_folder("docs/root/pgs", "/root/"));
    }

    #[test]
    fn a_note_with_an_issue_is_fine() {
        assert!(has_word("// TODO: later", "TODO") && !has_issue("// TODO: later"));
        assert!(has_issue("// TODO(#12): later"));
        assert!(!has_word("const TODOS: u8", "TODO"));
    }
}
