use pgs_core::{
    Endpoint,
    wire::{BackendKey, CancelRequest},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The cancel keys of the live sessions, by process id. Two servers may give out the same id, even the same key.
#[derive(Debug, Default)]
pub(crate) struct CancelTable(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    by_pid: HashMap<u32, Vec<Row>>,
    last: u64,
}

#[derive(Debug)]
struct Row {
    number: u64,
    key: BackendKey,
    endpoint: Endpoint,
}

/// A key in the table; dropping it takes the key out.
#[derive(Debug)]
pub(crate) struct CancelEntry {
    table: Arc<CancelTable>,
    pid: u32,
    number: u64,
}

impl CancelTable {
    pub(crate) fn insert(self: &Arc<Self>, key: BackendKey, endpoint: Endpoint) -> CancelEntry {
        let mut rows = self.rows();
        rows.last += 1;
        let (pid, number) = (key.pid(), rows.last);
        let row = Row {
            number,
            key,
            endpoint,
        };
        rows.by_pid.entry(pid).or_default().push(row);
        CancelEntry {
            table: Arc::clone(self),
            pid,
            number,
        }
    }

    /// The servers that announced this key: none, one, or by an unlikely chance several.
    pub(crate) fn find(&self, request: &CancelRequest<'_>) -> Vec<Endpoint> {
        let rows = self.rows();
        let same_pid = rows.by_pid.get(&request.pid()).into_iter().flatten();
        same_pid
            .filter(|row| row.key.permits(request))
            .map(|row| row.endpoint.clone())
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows().by_pid.values().map(Vec::len).sum()
    }

    fn remove(&self, pid: u32, number: u64) {
        let mut rows = self.rows();
        if let Some(same_pid) = rows.by_pid.get_mut(&pid) {
            same_pid.retain(|row| row.number != number);
            if same_pid.is_empty() {
                rows.by_pid.remove(&pid);
            }
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CancelEntry {
    fn drop(&mut self) {
        self.table.remove(self.pid, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::wire::{FirstPacket, client};

    fn find(table: &CancelTable, pid: u32, key: &[u8]) -> Vec<Endpoint> {
        let mut packet = Vec::new();
        client::cancel_request(pid, key, &mut packet);
        match FirstPacket::parse(&packet) {
            Ok(Some((FirstPacket::Cancel(request), _))) => table.find(&request),
            other => unreachable!("{other:?}"),
        }
    }

    fn endpoint(name: &str) -> Endpoint {
        Endpoint::Unix(name.into())
    }

    #[test]
    fn the_same_key_of_two_servers_leads_to_both() {
        let table = Arc::new(CancelTable::default());
        let key = BackendKey::new(7, b"abcd").unwrap();
        let first = table.insert(key.clone(), endpoint("a"));
        let _second = table.insert(key, endpoint("b"));
        assert_eq!(find(&table, 7, b"abcd"), [endpoint("a"), endpoint("b")]);
        drop(first);
        assert_eq!(find(&table, 7, b"abcd"), [endpoint("b")]);
    }

    #[test]
    fn a_dropped_entry_leaves_nothing_behind() {
        let table = Arc::new(CancelTable::default());
        drop(table.insert(BackendKey::new(7, b"abcd").unwrap(), endpoint("a")));
        assert!(table.rows().by_pid.is_empty());
        assert!(find(&table, 7, b"abcd").is_empty());
    }
}
