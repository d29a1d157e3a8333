use async_trait::async_trait;
use pgs_core::{Result, TenantUid, provision::ServerSession};
use std::{fmt::Debug, sync::Arc};

/// What a proxy may ask of the program around it. Default: nothing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Helpers {
    /// Ends sessions through their servers. Without it, sessions that are left when a drain's grace is over are cut.
    pub session_ender: Option<Arc<dyn SessionEnder>>,
    /// Other processes that may have the session of a cancel request. Without it, a key that no session here has is
    /// nobody's.
    pub cancel_peers: Option<Arc<dyn CancelPeers>>,
}

/// Ends sessions through the server they belong to, so that their clients read SQLSTATE 57P01.
#[async_trait]
pub trait SessionEnder: Debug + Send + Sync {
    /// Asks the tenant's server to end these sessions; the proxy waits for their end by itself.
    ///
    /// # Behavior
    ///
    /// - No other session of the tenant is ended: others may have come past this proxy.
    /// - The future may be dropped at any time.
    async fn end(&self, tenant: TenantUid, sessions: &[ServerSession]) -> Result<()>;
}

/// The other processes that serve the same port, or served it and still have sessions.
#[async_trait]
pub trait CancelPeers: Debug + Send + Sync {
    /// Brings them a cancel request whose key no session here has. Answers whether one of them had it.
    ///
    /// # Behavior
    ///
    /// - Ready only when the session's server has dealt with the request, since the client waits for that.
    /// - A peer that is sent one looks at its own sessions only ([`Proxy::cancel`](crate::Proxy::cancel)), so that no
    ///   request goes in circles.
    /// - The future may be dropped at any time; the proxy gives it
    ///   [`CancelLimits::timeout`](crate::CancelLimits::timeout).
    async fn offer(&self, packet: &[u8]) -> bool;
}
