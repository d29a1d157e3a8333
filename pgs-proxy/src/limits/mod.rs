//! How much of the proxy one address, one tenant and everybody together may take.

mod tally;
pub(crate) use tally::{Share, Tally};
mod handshake_rows;
mod handshakes;
pub(crate) use handshakes::{Handshakes, Place, ShareTaken};
mod login_limits;
pub use login_limits::LoginLimits;
mod logins;
pub(crate) use logins::{Logins, Unfinished};
mod turns;
mod waiting_room;
pub(crate) use waiting_room::WaitingRoom;
