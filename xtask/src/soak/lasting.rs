use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, ensure};

use super::STEADY;
use crate::stage::Stage;

/// A session that lasts as long as the soak and is asked something now and then.
pub(super) struct Lasting {
    psql: Child,
    answers: BufReader<ChildStdout>,
}

impl Lasting {
    pub(super) fn open(stage: &Stage) -> Result<Self> {
        let mut psql = stage.client("psql", STEADY);
        psql.args(["-XAt", "-d", STEADY]);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = psql.stdout.take().context("psql says nothing")?;
        let mut session = Self {
            psql,
            answers: BufReader::new(answers),
        };
        session.ask(0)?;
        Ok(session)
    }

    pub(super) fn ask(&mut self, number: usize) -> Result<()> {
        let questions = self.psql.stdin.as_mut().context("psql hears nothing")?;
        writeln!(questions, "select {number};").context("a lasting session is gone")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(
            answer.trim_end() == number.to_string(),
            "a lasting session answered `{answer}`"
        );
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<()> {
        drop(self.psql.stdin.take());
        ensure!(self.psql.wait()?.success(), "a lasting session failed");
        Ok(())
    }
}
