//! Buffers for bytes on their way. A session borrows one only while bytes are in it, so an idle session has none.

use std::cell::RefCell;

/// Bytes between the socket they came from and the one they go to. Goes back to its thread's pool when dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(crate) fn take() -> Self {
        Self {
            bytes: POOL
                .with_borrow_mut(Vec::pop)
                .unwrap_or_else(|| vec![0; SIZE].into()),
            start: 0,
            end: 0,
        }
    }

    /// A buffer with these bytes in it; what does not fit is left out.
    pub(crate) fn holding(parts: &[&[u8]]) -> Self {
        let mut buffer = Self::take();
        for part in parts {
            let space = buffer.space();
            let size = part.len().min(space.len());
            space[..size].copy_from_slice(&part[..size]);
            buffer.filled(size);
        }
        buffer
    }

    /// Where to read into.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }

    pub(crate) fn filled(&mut self, size: usize) {
        self.end = (self.end + size).min(self.bytes.len());
    }

    pub(crate) fn unwritten(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(crate) fn written(&mut self, size: usize) {
        self.start = (self.start + size).min(self.end);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        // The pool is already gone while a thread ends.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(bytes);
            }
        });
    }
}

thread_local! {
    static POOL: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// Room for two of PostgreSQL's own 8 KiB send buffers, and for the longest startup packet.
const SIZE: usize = 16 * 1024;
/// A thread works on one session at a time; the others are for sessions whose peer reads slowly.
const KEPT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_gives_back_what_was_put_in() {
        let mut buffer = Buffer::holding(&[b"abc", b"def"]);
        buffer.written(2);
        assert_eq!(buffer.unwritten(), b"cdef");
    }

    #[test]
    fn a_dropped_buffer_is_used_again_and_empty() {
        let address = Buffer::holding(&[b"secret"]).bytes.as_ptr();
        let again = Buffer::take();
        assert_eq!(again.bytes.as_ptr(), address);
        assert!(again.unwritten().is_empty());
    }
}
