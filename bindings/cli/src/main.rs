//! The `pgs` command.

use pgs_cli::{ExitCode, Program};

fn main() -> ExitCode {
    pgs_cli::run(&Program::this(std::env::args_os().skip(1)))
}
