use std::process::Command;

use anyhow::Result;

use crate::test::Tally;
use crate::workspace::Workspace;

/// A language that pgs has a package for.
pub(crate) trait Language {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;
    /// Sees to what the system has to have: the language itself.
    fn ground(&self) -> Result<()>;
    /// Gets the tools that build and test the package from their registry.
    fn prepare(&self, workspace: &Workspace) -> Result<()>;
    /// Builds it for this machine, for its tests.
    fn build(&self, workspace: &Workspace) -> Result<()>;
    /// After the build, fails if a file that is committed and generated differs from what its sources make.
    fn check_generated(&self, workspace: &Workspace) -> Result<()>;
    /// Makes the pages of its API into a folder, and fails where what they tell does not hold together.
    fn document(&self, workspace: &Workspace) -> Result<()>;
    /// What runs its tests.
    fn suite(&self, workspace: &Workspace) -> Command;
    /// Reads the counts from a line that the suite prints at its end.
    fn counts(&self, line: &str) -> Option<Tally>;
    /// Makes what is published.
    fn pack(&self, workspace: &Workspace) -> Result<()>;
}
