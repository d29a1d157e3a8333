use crossterm::{
    cursor::{Hide, MoveTo, Show},
    event::{Event, KeyCode, KeyEvent, KeyModifiers, poll, read},
    execute, queue,
    style::Print,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode, size,
    },
};
use pgs::{Error, Result};
use std::{
    io::{self, Write, stdout},
    time::{Duration, Instant},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The whole terminal, which is as it was before once this value is gone.
#[derive(Debug)]
pub(super) struct Screen {
    terminated: Signal,
}

impl Screen {
    pub(super) fn enter() -> Result<Self> {
        let terminated = signal(SignalKind::terminate()).map_err(failed)?;
        enable_raw_mode().map_err(failed)?;
        let screen = Self { terminated };
        execute!(stdout(), EnterAlternateScreen, Hide).map_err(failed)?;
        Ok(screen)
    }

    /// Shows as much of a text as there is room for.
    pub(super) fn show(text: &str) -> Result<()> {
        paint(text).map_err(failed)
    }

    /// Waits this long for the word to end: `q`, Escape, Ctrl-C or SIGTERM.
    pub(super) async fn wants_to_end(&mut self, wait: Duration) -> Result<bool> {
        // Reading keys blocks.
        let keys = tokio::task::spawn_blocking(move || is_told_to_end(wait));
        tokio::select! {
            _ = self.terminated.recv() => Ok(true),
            told = keys => told.map_err(io::Error::other).and_then(|told| told).map_err(failed),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing can be said where even this fails.
        let _ = execute!(stdout(), Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

fn paint(text: &str) -> io::Result<()> {
    let (columns, rows) = size()?;
    let mut terminal = stdout().lock();
    for (row, line) in (0..rows).zip(text.lines()) {
        let line: String = line.chars().take(columns.into()).collect();
        queue!(
            terminal,
            MoveTo(0, row),
            Print(line),
            Clear(ClearType::UntilNewLine)
        )?;
    }
    let shown = u16::try_from(text.lines().count()).unwrap_or(rows);
    if shown < rows {
        queue!(terminal, MoveTo(0, shown), Clear(ClearType::FromCursorDown))?;
    }
    terminal.flush()
}

fn is_told_to_end(wait: Duration) -> io::Result<bool> {
    let end = Instant::now() + wait;
    while poll(end.saturating_duration_since(Instant::now()))? {
        if let Event::Key(key) = read()?
            && ends(key)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ends(key: KeyEvent) -> bool {
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c') => key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}

fn failed(cause: io::Error) -> Error {
    Error::io("the terminal cannot be used", cause).with_remedy("print it once with --once")
}
