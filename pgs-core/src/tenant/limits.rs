use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What one tenant may use at most. A limit that is not set is the host's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// Memory of all its processes together.
    pub memory: Option<ByteSize>,
    /// Processor time, in processors.
    pub cpus: Option<Cpus>,
    /// Processes and threads.
    pub pids: Option<u32>,
    /// Shared memory (`/dev/shm`).
    pub shm: Option<ByteSize>,
    /// Sessions through the proxy at one time.
    pub max_connections: Option<u32>,
}

impl Limits {
    /// Whether the operating system, not only the proxy or `PostgreSQL`, has to enforce something.
    #[must_use]
    pub fn need_the_host(&self) -> bool {
        self.memory.is_some() || self.cpus.is_some() || self.pids.is_some() || self.shm.is_some()
    }
}

/// A number of bytes, written as `512m`, `2g`, `64k` or plain bytes (powers of 1024).
///
/// ```
/// use pgs_core::ByteSize;
///
/// assert_eq!("512m".parse::<ByteSize>()?.bytes(), 512 * 1024 * 1024);
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(u64);

impl ByteSize {
    /// This many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match lower.get(digits.len()..) {
            Some("" | "b") => Some(1),
            Some("k" | "kb" | "kib") => Some(1 << 10),
            Some("m" | "mb" | "mib") => Some(1 << 20),
            Some("g" | "gb" | "gib") => Some(1 << 30),
            Some("t" | "tb" | "tib") => Some(1_u64 << 40),
            _ => None,
        };
        factor
            .and_then(|factor| digits.parse::<u64>().ok()?.checked_mul(factor))
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("size `{text}` is not a whole number with a unit"),
                )
                .with_remedy("write it as 512m, 2g, 64k or a number of bytes")
            })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = [(40, "T"), (30, "G"), (20, "M"), (10, "k")]
            .into_iter()
            .find(|(shift, _)| self.0 >= 1 << shift)
            .map_or_else(
                || format!("{}B", self.0),
                |(shift, unit)| scaled(self.0, shift, unit),
            );
        f.pad(&text)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "shown to people with one decimal"
)]
fn scaled(bytes: u64, shift: u32, unit: &str) -> String {
    let whole = bytes >> shift;
    if whole << shift == bytes || whole >= 100 {
        format!("{whole}{unit}")
    } else {
        format!("{:.1}{unit}", bytes as f64 / (1_u64 << shift) as f64)
    }
}

/// Processor time in thousandths of a processor, written as `0.5` or `2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cpus(u32);

impl Cpus {
    /// Thousandths of a processor.
    #[must_use]
    pub const fn millis(self) -> u32 {
        self.0
    }
}

impl FromStr for Cpus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits_only =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parse = || {
            let whole: u32 = whole.parse().ok()?;
            let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
            whole
                .checked_mul(1000)?
                .checked_add(fraction)
                .filter(|millis| *millis > 0)
        };
        Some(())
            .filter(|()| digits_only(whole) && digits_only(fraction) && fraction.len() <= 3)
            .and_then(|()| parse())
            .map(Self)
            .ok_or_else(|| {
                Error::new(ErrorKind::InvalidInput, format!("processor count `{text}` is not a number above zero with at most three decimals"))
                    .with_remedy("write it as 0.5, 1 or 2.25")
            })
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in [
            ("1", 1),
            ("64k", 65_536),
            ("512m", 536_870_912),
            ("2G", 2_147_483_648),
            ("1gib", 1_073_741_824),
        ] {
            assert_eq!(text.parse::<ByteSize>().unwrap().bytes(), bytes);
        }
    }

    #[test]
    fn odd_sizes_are_refused_by_name() {
        for text in ["", "m", "0", "-1", "1.5g", "12x", "99999999999t", "1 m m"] {
            let error = text.parse::<ByteSize>().unwrap_err();
            assert!(error.to_string().contains(text));
        }
    }

    #[test]
    fn processors_are_counted_in_thousandths() {
        for (text, millis) in [("1", 1000), ("0.5", 500), ("2.25", 2250), ("0.001", 1)] {
            assert_eq!(text.parse::<Cpus>().unwrap().millis(), millis);
        }
        for text in ["0", "", ".", "0.", "-1", "1.2345", "two", "+1"] {
            assert!(text.parse::<Cpus>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(ByteSize::from_bytes(512 << 20).to_string(), "512M");
        assert_eq!(ByteSize::from_bytes(1_610_612_736).to_string(), "1.5G");
        assert_eq!(ByteSize::from_bytes(100).to_string(), "100B");
    }
}
