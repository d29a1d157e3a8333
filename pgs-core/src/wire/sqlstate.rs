//! The error codes this crate answers with.
//!
//! Source: PostgreSQL manual, [PostgreSQL Error Codes](https://www.postgresql.org/docs/18/errcodes-appendix.html).

/// `protocol_violation`
pub const PROTOCOL_VIOLATION: &str = "08P01";
/// `feature_not_supported`
pub const FEATURE_NOT_SUPPORTED: &str = "0A000";
/// `invalid_parameter_value`
pub const INVALID_PARAMETER_VALUE: &str = "22023";
/// `invalid_authorization_specification`
pub const INVALID_AUTHORIZATION: &str = "28000";
/// `invalid_password`
pub const INVALID_PASSWORD: &str = "28P01";
