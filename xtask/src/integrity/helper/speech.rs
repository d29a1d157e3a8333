use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// What a party says: as many bytes as it has to, which its seed alone decides.
pub(crate) struct Speech {
    random: SmallRng,
    block: Vec<u8>,
    begin: usize,
    left: u64,
}

impl Speech {
    pub(crate) fn new(seed: u64, length: u64) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            block: vec![0; BLOCK],
            begin: BLOCK,
            left: length,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// Some bytes that were not taken yet, no more than so many.
    pub(crate) fn next(&mut self, most: usize) -> &[u8] {
        if self.begin == BLOCK {
            self.random.fill(&mut self.block[..]);
            self.begin = 0;
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let rest = self.block.get(self.begin..).unwrap_or_default();
        rest.get(..most.min(left)).unwrap_or(rest)
    }

    pub(crate) fn taken(&mut self, size: usize) {
        self.begin += size;
        self.left -= size as u64;
    }

    /// Takes what was heard; where it first differs from what comes next, if it does.
    pub(crate) fn check(&mut self, mut heard: &[u8]) -> Result<(), u64> {
        let mut at = 0;
        while !heard.is_empty() {
            let expected = self.next(heard.len());
            let (size, same) = (expected.len(), heard.starts_with(expected));
            if size == 0 || !same {
                let pairs = heard.iter().zip(expected);
                return Err(at + pairs.take_while(|(one, other)| one == other).count() as u64);
            }
            self.taken(size);
            heard = heard.get(size..).unwrap_or_default();
            at += size as u64;
        }
        Ok(())
    }
}

const BLOCK: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(seed: u64, length: u64, most: usize) -> Vec<u8> {
        let (mut speech, mut all) = (Speech::new(seed, length), Vec::new());
        while !speech.is_over() {
            let portion = speech.next(most).to_vec();
            all.extend(&portion);
            speech.taken(portion.len());
        }
        all
    }

    #[test]
    fn a_speech_is_the_same_however_it_is_cut_and_tells_where_another_differs() {
        let length = BLOCK * 2 + 1000;
        let mut bytes = said(7, length as u64, 100_000);
        assert_eq!(bytes.len(), length);
        assert!(bytes == said(7, length as u64, 33));
        assert!(bytes != said(8, length as u64, 33));
        let check = |bytes: &[u8]| Speech::new(7, length as u64).check(bytes);
        assert_eq!(check(&bytes), Ok(()));
        bytes[BLOCK + 5] ^= 1;
        assert_eq!(check(&bytes), Err(BLOCK as u64 + 5));
        bytes[BLOCK + 5] ^= 1;
        bytes.push(0);
        assert_eq!(check(&bytes), Err(length as u64));
    }
}
