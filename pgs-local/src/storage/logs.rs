use super::{durable, home::Home};
use crate::failure::AtPath;
use pgs_core::Result;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
};

/// The log, opened for a server to write to; one that has grown too long is put by first.
///
/// The server gets it open and has no rights in its directory: there is nothing it could put in the log's place.
pub(crate) fn open(home: &Home) -> Result<File> {
    let path = home.log();
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > ROTATE_ABOVE) {
        durable::rename(&path, &path.with_extension("log.1"))?;
    }
    let mut options = OpenOptions::new();
    let options = options
        .append(true)
        .create(true)
        .mode(durable::PRIVATE_FILE);
    options.open(&path).at("open", &path)
}

/// The last lines of the log from this position on.
pub(crate) fn tail(home: &Home, from: u64, lines: usize) -> Result<String> {
    let path = home.log();
    match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        file => file
            .and_then(|file| last_lines(file, from, lines))
            .at("read", &path),
    }
}

/// Reads backwards in blocks, however long the file is.
fn last_lines(mut file: File, from: u64, lines: usize) -> io::Result<String> {
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut text = Vec::new();
    while start > from && newlines(&text) <= lines && text.len() < READ_AT_MOST {
        let block = BLOCK.min(start - from);
        start -= block;
        file.seek(SeekFrom::Start(start))?;
        let mut read = Vec::new();
        file.by_ref().take(block).read_to_end(&mut read)?;
        read.append(&mut text);
        text = read;
    }
    Ok(keep_last(&String::from_utf8_lossy(&text), lines))
}

fn newlines(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count() - 1
}

fn keep_last(text: &str, lines: usize) -> String {
    let surplus = text.lines().count().saturating_sub(lines);
    let kept: Vec<&str> = text.lines().skip(surplus).collect();
    kept.join("\n")
}

const ROTATE_ABOVE: u64 = 10 << 20;
const BLOCK: u64 = 16 << 10;
const READ_AT_MOST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn log(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn the_last_lines_are_whole_and_in_order() {
        let lines: Vec<String> = (0..10_000).map(|n| format!("line {n}")).collect();
        let text = lines.join("\n") + "\n";
        assert_eq!(
            last_lines(log(&text), 0, 2).unwrap(),
            "line 9998\nline 9999"
        );
        assert_eq!(
            last_lines(log(&text), 0, 20_000).unwrap().lines().count(),
            10_000
        );
        assert_eq!(last_lines(log(""), 0, 5).unwrap(), "");
    }

    #[test]
    fn what_was_there_before_is_left_out() {
        assert_eq!(last_lines(log("old\nnew\n"), 4, 5).unwrap(), "new");
    }
}
