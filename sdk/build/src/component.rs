//! From a core module to a component that was checked.

use wit_component::ComponentEncoder;

use crate::{BuildError, leak, shape};

/// Makes a component of a core module that wit-bindgen's macros marked, and checks that it imports and exports
/// nothing but the interfaces of `switchboard:plugin`.
///
/// # Errors
/// Where it would, and where the module is not one of a plugin.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    leak::check(module)?;
    let bytes = ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| BuildError::Encode(format!("{error:#}")))?;
    let shape = shape(&bytes)?;
    if !shape.exports("describe") {
        return Err(BuildError::NoDescribe);
    }
    Ok(bytes)
}
