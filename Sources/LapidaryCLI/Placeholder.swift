// LapidaryCLI
