use pgs_core::{
    routing::{Refusal, Route, is_reserved_role},
    wire::StartupMessage,
};
use std::borrow::Cow;

/// The startup packet as the tenant's server gets it: as the client sent it, unless the route says otherwise.
///
/// Whatever the router says, a reserved role gets no session.
pub(super) fn forwarded<'a>(
    startup: &StartupMessage<'a>,
    route: &Route,
) -> Result<Cow<'a, [u8]>, Refusal> {
    let role = match &route.login {
        Some(login) => &login.role,
        None => startup.user(),
    };
    if is_reserved_role(role) {
        return Err(Refusal::RoleReserved);
    }
    match &route.login {
        None => Ok(Cow::Borrowed(startup.packet())),
        Some(login) => startup
            .with_user(&login.role, &login.database)
            .map(Cow::Owned)
            .map_err(Refusal::Rewrite),
    }
}
