/// How the sessions of a listener ended when it was shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Those that ended by themselves before the grace was over.
    pub drained: usize,
    /// Those whose sockets were closed.
    pub cut: usize,
}
