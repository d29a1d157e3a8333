//! Tells the linker how a Node.js add-on is linked on each platform.

fn main() {
    napi_build::setup();
}
