//! A run as a picture: `cargo xtask bench --plot FILE.json` draws FILE.svg.

mod chart;
mod drawing;
mod run;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use run::Run;

/// Draws the run that `--json` has written to this file, beside it.
pub(super) fn draw(json: &Path) -> Result<()> {
    let svg = json.with_extension("svg");
    let text =
        fs::read_to_string(json).with_context(|| format!("cannot read {}", json.display()))?;
    let run: Run = serde_json::from_str(&text)
        .with_context(|| format!("{} is no run of this benchmark", json.display()))?;
    fs::write(&svg, run.drawing()?).with_context(|| format!("cannot write {}", svg.display()))?;
    println!("drew {}", svg.display());
    Ok(())
}
