use std::{
    fs::File,
    io::{Write, stderr},
};

/// Says that a part of a test cannot run here, and why.
///
/// It is printed, and counted by way of the file that the environment variable `PGS_TEST_SKIPS` names.
pub fn skip(what: &str, why: &str) {
    tell(&format!("SKIPPED: {what}: {why}\n"));
}

/// Says what a test found out that passes: a number, a version. Runners hide what a passing test prints, so it goes the
/// same way.
pub fn note(text: &str) {
    let lines: Vec<String> = text
        .lines()
        .map(|line| format!("NOTED: {line}\n"))
        .collect();
    tell(&lines.concat());
}

fn tell(lines: &str) {
    let _ = stderr().write_all(lines.as_bytes());
    if let Some(path) = std::env::var_os("PGS_TEST_SKIPS") {
        let file = File::options().append(true).create(true).open(&path);
        // One write, so that lines of several processes do not mix.
        file.and_then(|mut file| file.write_all(lines.as_bytes()))
            .expect("the file of skipped tests can be written");
    }
}
