//! The proxy between a client and a server that send what the fuzzer says, in pieces of the sizes it says.

mod backend;
mod client;
mod house;
mod outcome;
mod script;

use house::House;
use outcome::foretell;
use script::Script;

/// A client gets exactly what the handshake and the server say and the server exactly what the client says, however the
/// bytes are cut; and nothing is left of a connection that is over.
pub fn proxy_io(data: &[u8]) {
    let script = Script::read(data);
    let foretold = foretell(&script);
    House::with(|house| {
        let seen = house.play(&script);
        foretold.assert_seen(&script, &seen);
        house.assert_empty();
    });
}
