package import Recipe

extension ProjectLock {
    /// A cell with the locked source and revision of its release; as it is when the release is not
    /// locked.
    ///
    /// Where the recipe has changed since, its source holds, under the locked revision.
    package func pinned(_ cell: Cell) -> Cell {
        guard let locked = release(cell.release.version) else { return cell }
        let source =
            cell.release.sources.contains(locked.source) ? locked.source : cell.release.source
        return cell.pinned(cell.release.pinned(revision: locked.revision, source: source))
    }
}
