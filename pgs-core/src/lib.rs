//! The domain of pgs: startup-packet parser, tenants, traits, TenantManager.
