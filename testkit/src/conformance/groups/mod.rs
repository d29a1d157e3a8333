//! The cases, in a file for each thing that a client can get wrong or right.

mod cancels;
mod encryption;
mod framing;
mod layouts;
mod logins;
mod odd_sasl;
mod parameters;
mod pieces;
mod queries;
mod refusals;
mod replication;
mod sessions;
mod strangers;
mod users;
mod versions;

use super::Case;

pub(super) fn all() -> Vec<Case> {
    let groups = [
        framing::cases(),
        strangers::cases(),
        pieces::cases(),
        encryption::cases(),
        layouts::cases(),
        users::cases(),
        replication::cases(),
        parameters::cases(),
        versions::cases(),
        cancels::cases(),
        logins::cases(),
        odd_sasl::cases(),
        refusals::cases(),
        queries::cases(),
        sessions::cases(),
    ];
    groups.into_iter().flatten().collect()
}
