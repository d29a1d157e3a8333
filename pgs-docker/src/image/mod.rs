//! The images that containers are made from: how they are named, found and pulled.

mod reference;
pub(crate) use reference::Reference;
mod description;
pub(crate) use description::Image;
mod ensure;
pub(crate) use ensure::ensure;
mod credentials;
mod layers;
mod pull;
mod refusal;

#[cfg(test)]
mod tests;
