/// What may name a client's tenant on one listener. Each key is on or off; what is on and present must agree.
///
/// What a key is and when it is present: [`RoutingKey`](super::RoutingKey).
///
/// ```
/// use pgs_core::routing::RoutingKeys;
///
/// let keys = RoutingKeys::default();
/// assert!(keys.user && !keys.database);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each key is on or off by itself"
)]
pub struct RoutingKeys {
    /// The user name is the tenant's name. Default: on.
    pub user: bool,
    /// A user name `role.tenant` names both; the tenant's server sees `role`. Default: off.
    pub role_and_tenant: bool,
    /// The host name that a client asks for by TLS (SNI) is `tenant.suffix`, for one of these suffixes, in lower case.
    /// Default: none.
    pub host_suffixes: Vec<String>,
    /// The database name is the tenant's name. Default: off.
    pub database: bool,
    /// `-c pgs.tenant=name` in the `options` parameter. Default: off.
    pub options: bool,
}

impl RoutingKeys {
    /// No key at all, to switch some on.
    pub const NONE: Self = Self {
        user: false,
        role_and_tenant: false,
        host_suffixes: Vec::new(),
        database: false,
        options: false,
    };

    /// The rule of a listener that was told nothing: the user name is the tenant's name.
    pub const USER_NAME: &Self = &Self {
        user: true,
        role_and_tenant: false,
        host_suffixes: Vec::new(),
        database: false,
        options: false,
    };
}

impl Default for RoutingKeys {
    fn default() -> Self {
        Self::USER_NAME.clone()
    }
}
