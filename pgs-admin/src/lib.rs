//! The manager's SQL session into a tenant's server, shared by the provisioners of pgs.
