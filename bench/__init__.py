"""What performance is measured with: `make bench` and `make sample`. Figures are ratios within one run."""
