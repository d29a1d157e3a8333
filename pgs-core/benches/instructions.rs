//! Runs one case a given number of times: what `cargo xtask instructions` counts the instructions of.
//!
//! Without a case and a number it names the cases, one a line.
#![expect(clippy::print_stdout, reason = "it answers another program")]

mod cases;
mod peers;

use std::{hint::black_box, process::ExitCode};

use cases::Meter;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let wanted = args
        .next()
        .zip(args.next().and_then(|times| times.parse().ok()));
    let Some((name, times)) = wanted else {
        visit(&mut Names);
        return ExitCode::SUCCESS;
    };
    let mut turn = Turn {
        name,
        times,
        done: false,
    };
    visit(&mut turn);
    if turn.done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn visit(meter: &mut impl Meter) {
    cases::all(meter);
    peers::all(meter);
}

struct Names;

impl Meter for Names {
    fn case<T>(&mut self, name: &str, _: impl FnMut() -> Option<T>) {
        println!("{name}");
    }
}

struct Turn {
    name: String,
    times: u64,
    done: bool,
}

impl Meter for Turn {
    fn case<T>(&mut self, name: &str, mut run: impl FnMut() -> Option<T>) {
        if name == self.name {
            self.done = (0..self.times).all(|_| black_box(run()).is_some());
        }
    }
}
