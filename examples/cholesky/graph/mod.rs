//! The task graph, and the same kernels one after another.

use std::fmt;

use parla::prelude::*;

use crate::kernels::{self, NotPositiveDefinite};
use crate::tiles::TiledMatrix;

/// How many tasks of each kind a factorisation took.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    potrf: usize,
    trsm: usize,
    syrk: usize,
    gemm: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            potrf,
            trsm,
            syrk,
            gemm,
        } = self;
        let all = potrf + trsm + syrk + gemm;
        write!(
            f,
            "{all} ({potrf} POTRF, {trsm} TRSM, {syrk} SYRK, {gemm} GEMM)"
        )
    }
}

/// Replaces the lower half of `A` by its Cholesky factor, with tasks on the ambient runtime.
///
/// Column by column, each tile first takes the updates from the tiles to its left, one after the
/// other, and is then factorised (on the diagonal) or solved for (below it). Index -1 names no
/// task, so the first update of a tile waits only for the tiles that it reads.
#[task_graph]
pub(crate) fn factorise(a: &TiledMatrix) -> parla::Result<Counts> {
    // The tasks borrow the tiles, and a scope ends only after its tasks.
    parla::scope(|s| {
        let potrf = s.task_space("POTRF");
        let trsm = s.task_space("TRSM");
        let syrk = s.task_space("SYRK");
        let gemm = s.task_space("GEMM");

        for j in 0..a.len() {
            for k in 0..j {
                #[spawn(syrk[j, k], deps = [trsm[j, k], syrk[j, k - 1]])]
                kernels::syrk(a.tile(j, j), a.tile(j, k));
            }

            // Everything in later columns waits for these, so they go first.
            #[spawn(potrf[j], deps = [syrk[j, j - 1]], priority = 2)]
            kernels::potrf(a.tile(j, j), j);

            for i in j + 1..a.len() {
                for k in 0..j {
                    #[spawn(gemm[i, j, k], deps = [trsm[i, k], trsm[j, k], gemm[i, j, k - 1]])]
                    kernels::gemm(a.tile(i, j), a.tile(i, k), a.tile(j, k));
                }

                #[spawn(trsm[i, j], deps = [potrf[j], gemm[i, j, j - 1]], priority = 1)]
                kernels::trsm(a.tile(i, j), a.tile(j, j));
            }
        }

        Counts {
            potrf: potrf.tasks().len(),
            trsm: trsm.tasks().len(),
            syrk: syrk.tasks().len(),
            gemm: gemm.tasks().len(),
        }
    })
}

/// The program that [`factorise`] was made of: the same loops and kernels, called in order.
pub(crate) fn factorise_serially(a: &TiledMatrix) -> Result<(), NotPositiveDefinite> {
    for j in 0..a.len() {
        for k in 0..j {
            kernels::syrk(a.tile(j, j), a.tile(j, k));
        }
        kernels::potrf(a.tile(j, j), j)?;
        for i in j + 1..a.len() {
            for k in 0..j {
                kernels::gemm(a.tile(i, j), a.tile(i, k), a.tile(j, k));
            }
            kernels::trsm(a.tile(i, j), a.tile(j, j));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
