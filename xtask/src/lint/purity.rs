//! pgs-core decides and never does: no socket, no process, no clock outside its tests.

use anyhow::Result;

use super::source::{Source, complain};
use crate::workspace::Workspace;

pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let mut sources = Source::tracked(workspace, "pgs-core/src/*.rs")?;
    sources.retain(|source| !is_test_file(&source.path));
    for source in &mut sources {
        source.text = without_tests(&source.text);
    }
    complain(&sources, |line| {
        impurity(line).map(|word| format!("{word} does not belong in pgs-core"))
    })
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn impurity(line: &str) -> Option<&'static str> {
    let code = line.trim_start();
    if code.starts_with("//") {
        return None;
    }
    IMPURE.into_iter().find(|word| code.contains(word))
}

/// Blanks the items under `#[cfg(test)]`, keeping the number of lines. rustfmt lets an item end at its own indentation.
fn without_tests(text: &str) -> String {
    let mut test_indent = None;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("#[cfg(test)]") {
            test_indent = Some(indent);
        } else if test_indent.is_none() {
            kept.push_str(line);
        } else if test_indent == Some(indent) && line.ends_with(['}', ';', ',']) {
            test_indent = None;
        }
        kept.push('\n');
    }
    kept
}

/// Socket types rather than `std::net`, because addresses are plain values.
const IMPURE: [&str; 14] = [
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "UnixDatagram",
    "UnixListener",
    "UnixStream",
    "ToSocketAddrs",
    "tokio::net",
    "std::process",
    "process::Command",
    "tokio::time",
    "thread::sleep",
    "Instant::now",
    "SystemTime::now",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_looked_at_and_comments_are_not() {
        assert_eq!(impurity("let now = Instant::now();"), Some("Instant::now"));
        assert_eq!(impurity("/// Unlike Instant::now, this is a value."), None);
    }

    #[test]
    fn tests_are_blanked_and_what_follows_them_is_kept() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}\n";
        assert_eq!(
            without_tests(text),
            "fn a() {}\n\n\n\n\n\nfn c() {}\n\n\nfn e() {}\n"
        );
    }
}
