//! Lists of contacts come in, or say why not: files as owners have them, good, broken, and interrupted.

#[cfg(test)]
mod exports;
#[cfg(test)]
mod files;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod soup;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod world;
