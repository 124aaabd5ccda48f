# frozen_string_literal: true

# The memory gate: what the package holds after workloads that do the same in every run is
# what its variant promises. Every row of Recipes/gates.yaml for the variant is tried, with
# the installed interpreter, and read from outside of the process that works.

require_relative "support/check"
require_relative "support/gate"

Check.prove do
  gate = Gate.new(Check::VARIANT, Check::RELEASE)
  (row, figure), *others = gate.try { |line| puts line }
  if row
    too = others.map { |other, _| other.name }
    raise Check::Failure, "row #{row.name} is #{row.show(figure)} instead of #{row.limit}, most likely: #{row.means}" \
                          "#{"; missed too: #{too.join(', ')}" unless too.empty?}"
  end
  "#{gate.rows.size} rows held their limits"
end
