// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The two questions that `Offers` asks `Staking`.
contract MockRegistry {
    mapping(address provider => bool) public isRegistered;
    mapping(address account => mapping(address key => uint32)) public rolesOf;

    function register(address provider) external {
        isRegistered[provider] = true;
    }

    function setKey(address account, address key, uint32 roles) external {
        rolesOf[account][key] = roles;
    }

    function mayAct(address account, address caller, uint32 role) external view returns (bool) {
        return caller == account || rolesOf[account][caller] & role != 0;
    }
}
