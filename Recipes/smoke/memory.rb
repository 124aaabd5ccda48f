# frozen_string_literal: true

# The memory gate: what the package holds after workloads that do the same in every run is
# what its variant promises. Every row of Recipes/gates.yaml for the variant is tried, with
# the installed interpreter, and read from outside of the process that works.

require_relative "support/check"
require_relative "support/gate"

Check.prove do
  rows, missed = Gate.new(Check::VARIANT).try { |line| puts line }
  Check.expect(missed.empty?, missed.join("; "))
  "#{rows.size} rows held their limits"
end
