use pgs_core::{Error, ErrorKind};
use serde::Deserialize;

/// Who may connect to a Unix socket, in octal digits: `0770`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SocketMode(pub(crate) u32);

impl TryFrom<String> for SocketMode {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let mode = u32::from_str_radix(&text, 8).ok();
        mode.filter(|mode| *mode <= 0o777).map(Self).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("`{text}` is not a file mode; write it in octal digits, such as \"0770\""),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal() {
        assert_eq!(SocketMode::try_from("0770".to_owned()).unwrap().0, 0o770);
        for text in ["0779", "1777", "rw", ""] {
            assert!(SocketMode::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
