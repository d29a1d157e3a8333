use std::{
    fs::File,
    io::{Write, stderr},
};

/// Says that a part of a test cannot run here, and why.
///
/// It is printed, and counted by way of the file that the environment variable `PGS_TEST_SKIPS` names.
pub fn skip(what: &str, why: &str) {
    let line = format!("SKIPPED: {what}: {why}\n");
    let _ = stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("PGS_TEST_SKIPS") {
        let file = File::options().append(true).create(true).open(&path);
        // One write, so that lines of several processes do not mix.
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("the file of skipped tests can be written");
    }
}
