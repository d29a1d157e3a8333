//! Times in the configuration.

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected},
};

/// A number of seconds that clocks can be asked for.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seconds = u64::deserialize(deserializer)?;
    if seconds > LONGEST {
        let expected = "315360000 seconds (ten years) at most";
        return Err(Error::invalid_value(
            Unexpected::Unsigned(seconds),
            &expected,
        ));
    }
    Ok(seconds)
}

/// Ten years.
const LONGEST: u64 = 315_360_000;

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn no_time_is_longer_than_ten_years() {
        for key in [
            "serve.start_wait_seconds",
            "serve.handshake_seconds",
            "serve.drain_seconds",
            "serve.end_seconds",
            "serve.bans.window_seconds",
            "serve.bans.first_seconds",
            "serve.bans.longest_seconds",
            "serve.logins.wait_seconds",
            "restart.longest_backoff_seconds",
            "restart.window_seconds",
            "docker.start_seconds",
            "docker.stop_seconds",
        ] {
            let read = |seconds: u64| format!("{key} = {seconds}").parse::<Config>();
            assert!(read(super::LONGEST).is_ok(), "{key}");
            for seconds in [super::LONGEST + 1, i64::MAX.unsigned_abs(), u64::MAX] {
                let error = read(seconds).unwrap_err().to_string();
                assert!(
                    error.contains(key) && error.contains("ten years"),
                    "{error}"
                );
            }
        }
    }
}
