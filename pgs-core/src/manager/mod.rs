//! The lifecycle of tenants, written once over the catalogue and the provisioner.
