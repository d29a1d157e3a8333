/// How the sessions of a listener ended when it was shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DrainReport {
    /// Those that ended by themselves before the grace was over.
    pub drained: usize,
    /// Those that their servers ended when it was over.
    pub ended: usize,
    /// Those whose sockets were closed, because no server ended them in time.
    pub cut: usize,
}

impl std::ops::AddAssign for DrainReport {
    fn add_assign(&mut self, other: Self) {
        self.drained += other.drained;
        self.ended += other.ended;
        self.cut += other.cut;
    }
}
