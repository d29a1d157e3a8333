use serde::Serialize;

/// What an instance uses right now, counted over all its processes; a field is none where the host does not count it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Usage {
    /// Bytes of memory in use, without the page cache that the kernel can take back at once.
    pub memory_bytes: Option<u64>,
    /// Processor time used since the server started, in microseconds.
    pub cpu_micros: Option<u64>,
    /// Processor time used lately, in thousandths of a processor.
    pub cpu_millis: Option<u32>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// How often the kernel killed one of its processes because the memory limit was reached, since the server started.
    pub oom_kills: Option<u64>,
}

/// What became of a change to an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alteration {
    /// What holds only from the next start on, such as `shared_buffers`; empty when everything holds now.
    pub at_next_start: Vec<String>,
}

impl Alteration {
    /// A change of which this much waits for the next start.
    #[must_use]
    pub fn waiting(at_next_start: Vec<String>) -> Self {
        Self { at_next_start }
    }
}
