//! How large the squares are that a PatchGAN judges, as settings have it.

use super::training::bad;
use crate::error::Error;
use crate::models::PatchDiscriminatorConfig;

/// Sides of the squares in pixels, by the network's halvings.
const SIDES: [u32; 6] = [1, 16, 34, 70, 142, 286];

/// The network with opinions on squares of `patch` px; of the largest that a picture of `size` px has room for with 0.
pub(super) fn with_patch(
    network: PatchDiscriminatorConfig,
    patch: u32,
    size: u32,
) -> PatchDiscriminatorConfig {
    let halving = |halvings| PatchDiscriminatorConfig {
        halvings,
        ..network
    };
    let fits = |halvings: &usize| halving(*halvings).map([size as usize; 2]).is_some();
    let largest = (0..SIDES.len()).rev().find(fits).unwrap_or(0);
    let named = SIDES.iter().position(|side| *side == patch);
    halving(named.unwrap_or(largest))
}

/// # Errors
/// `BadSetting` if there is no such `patch`, or the network, made by [`with_patch`], has no opinion on `size` px.
pub(super) fn check_patch(
    patch: u32,
    network: &PatchDiscriminatorConfig,
    size: u32,
) -> Result<(), Error> {
    if patch != 0 && !SIDES.contains(&patch) {
        let detail = format!("{patch} is not 0 or one of {SIDES:?}");
        return Err(bad("patch", detail));
    }
    if network.map([size as usize; 2]).is_none() {
        let detail = format!("{size} px are too few for one of {patch}");
        return Err(bad("patch", detail));
    }
    Ok(())
}
