// AptRepository
