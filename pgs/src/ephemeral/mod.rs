//! Managers that take everything with them, and what is done about those whose process was killed.

mod kept;
mod life;
mod manager;
mod place;
mod sweep;

use life::Life;
pub use manager::{Ephemeral, ephemeral, ephemeral_with};
use place::Place;
